import { existsSync } from "node:fs";
import { env, platform } from "node:process";

const places = {
  linux: ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
  darwin: ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"],
  win32: [env.PROGRAMFILES, env["PROGRAMFILES(X86)"], env.LOCALAPPDATA]
    .filter(Boolean)
    .map((folder) => `${folder}\\Google\\Chrome\\Application\\chrome.exe`),
};

/**
 * Path of an installed Chromium, or undefined. $CHROMIUM wins, and must exist when it is set.
 * @returns {string | undefined}
 */
export function findChromium() {
  if (env.CHROMIUM) {
    if (!existsSync(env.CHROMIUM)) throw new Error(`CHROMIUM names a file that does not exist: ${env.CHROMIUM}`);
    return env.CHROMIUM;
  }
  return (places[platform] ?? []).find((path) => existsSync(path));
}

export const noChromium = "browser tests skipped: no Chromium. Install one (Debian: apt-get install chromium) or set CHROMIUM=/path";

export const chromiumArgs = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Headers of a page that may use threads. */
export const isolationHeaders = { "Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp" };
