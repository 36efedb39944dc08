DO $$ BEGIN
  RAISE feature_not_supported USING
    MESSAGE = 'extension "NAME" is not available',
    DETAIL = 'This database has a server without PostGIS.',
    HINT = 'Run `localku pg:postgis`: it gives the database a server that has it, and the data stays.';
END $$;
