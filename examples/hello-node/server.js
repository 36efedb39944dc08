import { createServer } from "node:http";
import { handle } from "./app.js";

const server = createServer(handle);

// Heroku chooses the port. Node listens on all addresses if it is given none.
server.listen(process.env.PORT ?? 3000, () => {
  console.log(`listening on ${server.address().port}`);
});

// Answer what is under way, then go: Heroku allows 30 seconds.
process.on("SIGTERM", () => {
  console.log("SIGTERM, closing");
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
