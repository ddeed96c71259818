import { env } from "node:process";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumArgs, findChromium, isolationHeaders } from "./tooling/scripts/find-chromium.mjs";

const executablePath = findChromium();
const testTimeout = env.SUBQUAD_TEST_PROFILE === "full" ? 900_000 : 60_000; // for a hang: a busy machine is no reason to fail

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "node",
          environment: "node",
          testTimeout,
          include: ["{packages,apps,tooling}/*/test/**/*.test.ts"],
          exclude: ["**/*.browser.test.ts", "**/*.site.test.ts", "**/node_modules/**"],
        },
      },
      {
        test: {
          name: "types",
          include: [],
          typecheck: { enabled: true, only: true, include: ["packages/*/test/**/*.test-d.ts"], tsconfig: "tsconfig.types.json" },
        },
      },
      ...(executablePath
        ? [
            {
              define: { "process.env.SUBQUAD_TEST_PROFILE": JSON.stringify(env.SUBQUAD_TEST_PROFILE ?? "") }, // as in Node
              server: { headers: isolationHeaders }, // on the project, or the page gets no threads
              test: {
                name: "chromium",
                testTimeout,
                include: ["packages/*/test/**/*.test.ts"],
                exclude: ["**/*.node.test.ts", "**/node_modules/**"],
                browser: {
                  enabled: true,
                  headless: true,
                  screenshotFailures: false,
                  provider: playwright({ launchOptions: { executablePath, args: chromiumArgs } }),
                  instances: [{ browser: "chromium" as const }],
                },
              },
            },
          ]
        : []),
    ],
  },
});
