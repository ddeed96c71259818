#!/usr/bin/env node
/** The command line: `subquad-bench run | list | report`. */
import { createProgram } from "./commands.js";

process.exitCode = await createProgram().run(process.argv.slice(2));
