// Prints what node-postgres meets, as one JSON object.
const { Client } = require("pg");

const URL = process.env.DATABASE_URL;
const ssl = { rejectUnauthorized: false };

async function connected(options) {
  const client = new Client(options);
  await client.connect();
  return client;
}

async function refused(options) {
  try {
    await (await connected(options)).end();
    return "not refused";
  } catch (error) {
    return `${error.code}: ${error.message}`;
  }
}

async function main() {
  const found = {
    client: "node-postgres",
    disabled: await refused({ connectionString: URL }),
    verified: await refused({ connectionString: `${URL}?sslmode=verify-full` }),
  };
  const client = await connected({ connectionString: URL, ssl });
  const asked = async (sql) => Object.values((await client.query(sql)).rows[0])[0];
  const count = async () => Number(await asked("SELECT count(*) FROM of_node"));
  found.tls = await asked("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
  await client.query("CREATE TABLE of_node (name text UNIQUE)");
  await client.query("BEGIN");
  await client.query("INSERT INTO of_node VALUES ($1)", ["one"]);
  await client.query("ROLLBACK");
  found.rolled_back = await count();
  await client.query("BEGIN");
  await client.query("INSERT INTO of_node VALUES ($1)", ["one"]);
  await client.query("COMMIT");
  found.committed = await count();
  await client.query("INSERT INTO of_node VALUES ($1)", ["one"]).catch((error) => {
    found.sqlstate = error.code;
  });
  const held = [client];
  while (held.length < 20) {
    held.push(await connected({ connectionString: `${URL}?sslmode=no-verify` }));
  }
  found.too_many = await refused({ connectionString: URL, ssl });
  await Promise.all(held.map((one) => one.end()));
  console.log(JSON.stringify(found));
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
