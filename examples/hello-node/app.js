import { readGreetings, remember } from "./greetings.js";

export async function handle(request, response) {
  const { pathname, searchParams } = new URL(request.url, "http://localhost");
  if (pathname === "/") {
    const name = searchParams.get("name")?.trim().slice(0, 80) || "world";
    return send(response, 200, "text/html", page(name, await remember(name)));
  }
  if (pathname === "/greetings") {
    return send(response, 200, "application/json", JSON.stringify(await readGreetings(), null, 2));
  }
  return send(response, 404, "text/plain", "There is nothing here.\n");
}

function send(response, status, type, body) {
  response.writeHead(status, { "content-type": `${type}; charset=utf-8` });
  response.end(body);
}

function escape(text) {
  return text.replace(/[&<>"']/g, (char) => `&#${char.codePointAt(0)};`);
}

function page(name, times) {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Hello, ${escape(name)}</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light dark }
  body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 34rem; margin: 15vh auto 0; padding: 0 1.5rem }
  h1 { font-size: 2.6rem; line-height: 1.15; margin: 0 0 1rem }
  input, button { font: inherit; padding: .35rem .7rem }
  .quiet { opacity: .7; font-size: .95rem }
</style>
<h1>Hello, ${escape(name)}</h1>
<p>${escape(process.env.DYNO ?? "This process")} has greeted you ${times === 1 ? "once" : `${times} times`}.</p>
<form><input name="name" placeholder="Your name" required maxlength="80"> <button>Greet me</button></form>
<p class="quiet">Node.js ${process.version}. All <a href="/greetings">greetings</a> are in a JSON file that lives as long as this dyno.</p>
</html>
`;
}
