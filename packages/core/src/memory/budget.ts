// What a file asks for is counted before it is allocated: while a network is built from one, every value that is
// initialised and every Variable is held against how many values the file may ask for.

/** How many values may still be made, and what is thrown where more are wanted. */
interface Budget {
  left: number;
  readonly refuse: (wanted: number) => never;
}

let budget: Budget | undefined;

/** Runs work that may make so many values in Variables; `refuse` throws where it wants more, before they are allocated. */
export function withBudget<T>(limit: number, refuse: (wanted: number) => never, work: () => T): T {
  const outer = budget;
  budget = { left: limit, refuse: (left) => refuse(limit - budget!.left + left) };
  try {
    return work();
  } finally {
    budget = outer;
  }
}

/** @throws what the budget throws when so many values are more than are left. Called before an array of them is made. */
export function checkBudget(count: number): void {
  if (budget && !(count <= budget.left)) budget.refuse(count);
}

/** Takes so many values from the budget. @throws as {@link checkBudget}. */
export function spend(count: number): void {
  checkBudget(count);
  if (budget) budget.left -= count;
}
