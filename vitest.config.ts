import { configDefaults, defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const SYSTEM = "test/system/**/*.test.ts";
const SIMULATION = "test/simulation/**/*.test.ts";

/** Files that are small and take long: at the end the last of them would run alone. */
const slow = /\/test\/(?:conformance\/|cloudflare\/sleep)/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return [true, false].flatMap((long) => sorted.filter(({ moduleId }) => slow.test(moduleId) === long));
  }
}

/** `main` and `simulation` need npm packages alone; `system` also needs programs of the machine, such as Chromium. */
export default defineConfig({
  test: {
    testTimeout: 60_000,
    // One more than the slowest machines have cores: much of a test is waiting.
    maxWorkers: 3,
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
