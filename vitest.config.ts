import { env } from "node:process";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { chromiumArgs, findChromium, isolationHeaders } from "./tooling/scripts/find-chromium.mjs";

const executablePath = findChromium();

export default defineConfig({
  test: {
    env: { SUBQUAD_TEST_PROFILE: env.SUBQUAD_TEST_PROFILE ?? "quick" }, // tests read import.meta.env, in Chromium too
    projects: [
      {
        extends: true,
        test: {
          name: "node",
          environment: "node",
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
              extends: true as const,
              server: { headers: isolationHeaders }, // on the project, or the page gets no threads
              test: {
                name: "chromium",
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
