const sleepFor = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Calls `action` until it succeeds, at most `tries` times, waiting between tries. */
export async function retry(action, { tries = 3, waitMs = 50, sleep = sleepFor } = {}) {
  let problem;
  for (let attempt = 1; attempt <= tries; attempt++) {
    try {
      return await action(attempt);
    } catch (error) {
      problem = error;
      if (attempt < tries) await sleep(waitMs);
    }
  }
  throw problem;
}
