// A JSON file for a database: it works until the dyno restarts, and every dyno has its own.
import { readFile, rename, writeFile } from "node:fs/promises";

const FILE = "greetings.json";
let turn = Promise.resolve();

export async function readGreetings() {
  try {
    return JSON.parse(await readFile(FILE, "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return {};
    throw error;
  }
}

/** Count a greeting and return how many this name has had. One after the other, so that none is lost. */
export function remember(name) {
  const mine = turn.then(() => count(name));
  turn = mine.catch(() => {});
  return mine;
}

async function count(name) {
  const greetings = new Map(Object.entries(await readGreetings()));
  greetings.set(name, (greetings.get(name) ?? 0) + 1);
  await writeFile(`${FILE}.new`, JSON.stringify(Object.fromEntries(greetings)));
  await rename(`${FILE}.new`, FILE);
  return greetings.get(name);
}
