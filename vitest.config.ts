import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const SYSTEM = "test/system/**/*.test.ts";
const SIMULATION = "test/simulation/**/*.test.ts";

/** The conformance suite first: its files are the smallest and take the longest, and at the end the last of them would run alone. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [true, false].flatMap((long) => sorted.filter(({ moduleId }) => moduleId.includes("/test/conformance/") === long));
  }
}

/** `main` and `simulation` need npm packages alone; `system` also needs programs of the machine, such as Chromium. */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    // One for each of the two cores that the slowest machines have; the default there is one.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
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
