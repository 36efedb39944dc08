// Loaded into Node before a program: writes each HTTP request that it makes as a line to the file HEROKU_REQUESTS names.
const { appendFileSync } = require("node:fs");
const { subscribe } = require("node:diagnostics_channel");

const file = process.env.HEROKU_REQUESTS;

subscribe("http.client.request.start", ({ request }) => {
  if (file) appendFileSync(file, `${request.method} ${request.path}\n`);
});
