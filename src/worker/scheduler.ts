/** A task runs for at most this long before the thread hears its messages again. */
const slice = 10;

/** A question that is being answered. Smaller priorities are driven first. */
interface Task {
  readonly id: number;
  readonly priority: number;
  readonly deadline: number;
  readonly steps: Generator<undefined, unknown>;
  readonly settle: (outcome: Outcome) => void;
}

/** How a task ended. */
export type Outcome =
  | { readonly type: 'answer'; readonly result: unknown }
  | { readonly type: 'failed'; readonly reason: 'cancelled' | 'deadline' | 'error'; readonly message: string };

/** Drives generators in slices, so that messages are heard in between: to cancel is to stop driving one. */
export class Scheduler {
  readonly #tasks: Task[] = [];
  #driving = false;

  add(task: Task): void {
    this.#tasks.push(task);
    this.#tasks.sort((a, b) => a.priority - b.priority);
    if (!this.#driving) void this.#drive();
  }

  cancel(id: number): void {
    const index = this.#tasks.findIndex((one) => one.id === id);
    const [task] = index < 0 ? [] : this.#tasks.splice(index, 1);
    task?.settle({ type: 'failed', reason: 'cancelled', message: '' });
  }

  async #drive(): Promise<void> {
    this.#driving = true;
    while (this.#tasks.length > 0) {
      await new Promise((resume) => setImmediate(resume));
      const [task] = this.#tasks;
      const outcome = task === undefined ? undefined : drive(task);
      if (task === undefined || outcome === undefined) continue;
      this.#tasks.splice(this.#tasks.indexOf(task), 1);
      settle(task, outcome);
    }
    this.#driving = false;
  }
}

/** An answer that can't be handed over is a failure of its own question, and of no other. */
function settle(task: Task, outcome: Outcome): void {
  try {
    task.settle(outcome);
  } catch (error) {
    task.settle({ type: 'failed', reason: 'error', message: String(error) });
  }
}

/** One slice of a task; its outcome where it ended. */
function drive({ steps, deadline }: Task): Outcome | undefined {
  const end = performance.now() + slice;
  try {
    do {
      const step = steps.next();
      if (step.done === true) return { type: 'answer', result: step.value };
    } while (performance.now() < end);
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { type: 'failed', reason: 'error', message };
  }
  return performance.now() > deadline ? { type: 'failed', reason: 'deadline', message: '' } : undefined;
}
