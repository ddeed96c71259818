import { mkdirSync, writeFileSync } from "node:fs";

/** Vitest reporter: passed and failed tests of each project, and the ten slowest, to .vitest/projects.json. */
export default class TallyReporter {
  onTestRunEnd(modules) {
    const projects = {};
    const times = [];
    for (const module of modules) {
      const count = (projects[module.project.name] ??= { passed: 0, failed: 0, skipped: 0 });
      for (const test of module.children.allTests()) {
        count[test.result().state]++;
        times.push({ seconds: (test.diagnostic()?.duration ?? 0) / 1000, name: `${module.project.name}: ${test.fullName}` });
      }
    }
    const slowest = times.sort((a, b) => b.seconds - a.seconds).slice(0, 10);
    mkdirSync(".vitest", { recursive: true });
    writeFileSync(".vitest/projects.json", JSON.stringify({ projects, slowest }));
  }
}
