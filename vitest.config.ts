import { env } from "node:process";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { aboutCodeGeneration, aboutWebAssembly, slowWithoutWebAssembly } from "./tooling/scripts/environments.mjs";
import { chromiumArgs, findChromium, isolationHeaders } from "./tooling/scripts/find-chromium.mjs";

const executablePath = findChromium();
const isFull = env.SUBQUAD_TEST_PROFILE === "full";
const testTimeout = isFull ? 900_000 : 60_000; // for a hang: a busy machine is no reason to fail
const notInNode = ["**/*.browser.test.ts", "**/*.site.test.ts", "**/node_modules/**"];
/** Hosts that lack something run the packages' tests in the sizes of every day, which the plain kernels take many times as long for. */
const elsewhere = {
  environment: "node",
  testTimeout: 900_000,
  include: ["packages/*/test/**/*.test.ts"],
  env: { SUBQUAD_TEST_PROFILE: "" },
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "node",
          environment: "node",
          testTimeout,
          include: ["{packages,apps,tooling}/*/test/**/*.test.ts"],
          exclude: notInNode,
        },
      },
      {
        test: {
          ...elsewhere,
          name: "node-without-wasm",
          setupFiles: ["./tooling/scripts/without-wasm.mjs"],
          exclude: [...notInNode, ...aboutWebAssembly, ...(isFull ? [] : slowWithoutWebAssembly)],
        },
      },
      ...(isFull
        ? [
            {
              test: {
                ...elsewhere,
                name: "node-without-codegen",
                execArgv: ["--disallow-code-generation-from-strings"],
                setupFiles: ["./tooling/scripts/without-codegen.mjs"],
                exclude: [...notInNode, ...aboutCodeGeneration],
              },
            },
          ]
        : []),
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
