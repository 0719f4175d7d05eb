// Compiles wheels in Pyodide itself: node compile.mjs RUNTIME SOURCE TARGET CODE KEPT...
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [runtime, source, target, code, ...kept] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${runtime}/pyodide.mjs`));
const python = await loadPyodide({ indexURL: `${runtime}/` });
python.mountNodeFS("/source", source);
python.mountNodeFS("/target", target);
python.runPython(readFileSync(code, "utf8"));
python.globals.get("compile_wheels")("/source", "/target", kept);
