/** Asks again until the answer is there; rejects with what was asked for after a while. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>, ms = 20_000): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resume) => setTimeout(resume, 100));
  }
}
