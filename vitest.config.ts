import { configDefaults, defineConfig } from "vitest/config";

const SYSTEM = "test/system/**/*.test.ts";
const SIMULATION = "test/simulation/**/*.test.ts";

/** `main` and `simulation` need npm packages alone; `system` also needs programs of the machine, such as Chromium. */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    // One for each of the two cores that the slowest machines have; the default there is one.
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: { name: "main", include: ["test/**/*.test.ts"], exclude: [...configDefaults.exclude, SIMULATION, SYSTEM] },
      },
      // Takes every core: what runs beside it would wait, and make it wait.
      { extends: true, test: { name: "simulation", include: [SIMULATION], fileParallelism: false, sequence: { groupOrder: 1 } } },
      { extends: true, test: { name: "system", include: [SYSTEM], testTimeout: 60_000, fileParallelism: false } },
    ],
  },
});
