// Outlives the process that started it by a moment: when that ends, however it ends, the servers that it named are ended
// by their ids and their folder is removed. Lines on standard input: `folder PATH`, `add PID`, `gone PID`.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';

const servers = new Set();
let folder;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined);
for await (const line of createInterface({ input: process.stdin })) {
  const [word, rest] = [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)];
  if (word === 'folder') folder = rest;
  if (word === 'add') servers.add(Number(rest));
  if (word === 'gone') servers.delete(Number(rest));
}
for (const pid of servers) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself.
  }
}
if (folder !== undefined) rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
