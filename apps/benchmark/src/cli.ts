#!/usr/bin/env node
/** The command line: `subquad-bench run | list | report`. */
import { createProgram } from "./commands.js";

process.exitCode = await createProgram().run(process.argv.slice(2));
setTimeout(() => process.exit(), 5000).unref(); // a rival that was stopped may hold threads: they do not hold the process
