// The heartbeat: whether the server is there, by asking it. The browser's own word for the network is not believed.

const EVERY_MS = 1000;
const PATIENCE_MS = 1800; // one wait and one pause stay under the 3 s within which the page must say so

async function ask() {
  try {
    const answer = await fetch("/outage/beat/", {
      headers: { "HX-Request": "true" }, // no touch: the screen of who went away still locks
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    if (answer.ok && answer.headers.get("Content-Type")?.includes("json")) {
      return { state: "here", ...(await answer.json()) };
    }
    return { state: answer.status >= 500 ? "away" : "locked" };
  } catch {
    return { state: "away" };
  }
}

/** Ask again and again; tell each answer to `heard`, which may take its time. */
export function startBeat(heard) {
  let asked = performance.now();
  const turn = async () => {
    asked = performance.now();
    const answer = await ask();
    answer.took = performance.now() - asked;
    try {
      await heard(answer);
    } finally {
      setTimeout(turn, EVERY_MS); // whatever went wrong with one answer, the next one is asked for
    }
  };
  turn();
}
