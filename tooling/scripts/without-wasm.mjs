// Setup of the project node-without-wasm: before anything is imported, as on a host that has no WebAssembly.
delete globalThis.WebAssembly;
