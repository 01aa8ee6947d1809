import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Outcome, Scheduler } from '../../src/worker/scheduler.ts';

/** Steps that each take a moment; `done` is told how many were made. */
function* steps(count: number, done: { steps: number }): Generator<undefined, string> {
  for (let i = 0; i < count; i++) {
    const end = performance.now() + 4;
    while (performance.now() < end);
    done.steps += 1;
    yield undefined;
  }
  return 'done';
}

function* failing(): Generator<undefined, string> {
  yield undefined;
  throw new Error('boom');
}

function run(scheduler: Scheduler, task: Partial<Parameters<Scheduler['add']>[0]> & { id: number }): Promise<Outcome> {
  return new Promise((settle) => {
    const made = steps(5, { steps: 0 });
    scheduler.add({ priority: 0, deadline: performance.now() + 60_000, steps: made, settle, ...task });
  });
}

test('what a person waits for is answered before lists that were asked for earlier', async () => {
  const scheduler = new Scheduler();
  const order: number[] = [];
  const list = run(scheduler, { id: 1, priority: 1 }).then(() => order.push(1));
  const hover = run(scheduler, { id: 2, priority: 0 }).then(() => order.push(2));
  await Promise.all([list, hover]);
  assert.deepEqual(order, [2, 1]);
});

test('to cancel is to stop driving', async () => {
  const scheduler = new Scheduler();
  const made = { steps: 0 };
  const answer = run(scheduler, { id: 1, steps: steps(1000, made) });
  setTimeout(() => scheduler.cancel(1), 20);
  assert.deepEqual(await answer, { type: 'failed', reason: 'cancelled', message: '' });
  const before = made.steps;
  assert.ok(before < 1000);
  await new Promise((resume) => setTimeout(resume, 20));
  assert.equal(made.steps, before);
});

test('a deadline ends a task, an error ends only its own', async () => {
  const scheduler = new Scheduler();
  const late = run(scheduler, { id: 1, steps: steps(1000, { steps: 0 }), deadline: performance.now() + 15 });
  const broken = run(scheduler, { id: 2, steps: failing() });
  const fine = run(scheduler, { id: 3 });
  assert.deepEqual(await late, { type: 'failed', reason: 'deadline', message: '' });
  const failed = await broken;
  assert.ok(failed.type === 'failed' && failed.reason === 'error' && failed.message.includes('boom'));
  assert.deepEqual(await fine, { type: 'answer', result: 'done' });
});
