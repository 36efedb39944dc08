// Loaded into Node before a program: it can reach 127.0.0.1 and localhost, and every other name is refused and told.
const dns = require("node:dns");
const net = require("node:net");

const here = (name) => name === "localhost" || name === "127.0.0.1" || name === "::1";
const lookup = dns.lookup;

dns.lookup = function (name, options, callback) {
  const done = typeof options === "function" ? options : callback;
  if (here(name)) return lookup.call(dns, name, options, callback);
  process.stderr.write(`guard: refused ${name}\n`);
  process.nextTick(done, Object.assign(new Error(`refused ${name}`), { code: "ENOTFOUND" }));
};

const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const wanted = Array.isArray(given[0]) ? given[0][0] : given[0];
  const host = wanted && typeof wanted === "object" ? wanted.host : undefined;
  if (host !== undefined && net.isIP(host) && !here(host)) {
    process.stderr.write(`guard: refused ${host}\n`);
    throw new Error(`refused ${host}`);
  }
  return connect.apply(this, given);
};
