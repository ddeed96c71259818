"""NumPy for the benchmark: makes ready, runs, reads and times what it is asked to, one request after the other.

A request is a line of JSON, followed by the bytes of its arrays; so is an answer. Times are taken here, so that the way
of the data is in none of them.

  {"do": "prepare", "id": 1, "job": "svd", "arrays": [{"type": "float64", "shape": [2, 2]}]}  ->  {}
  {"do": "run", "id": 1}    ->  {"seconds": 0.1}
  {"do": "read", "id": 1}   ->  {"length": 6} and float64 numbers: the factors one after the other
  {"do": "close", "id": 1}  ->  {}
"""

import ctypes
import gc
import json
import re
import sys
from time import perf_counter

import numpy as np


def svd(a):
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    return u, s, vt.T


def rfft(x):
    spectrum = np.fft.rfft(x)
    return spectrum.real, spectrum.imag


JOBS = {
    "gemm": lambda a, b: (a @ b,),
    "svd": svd,
    "eigSymmetric": lambda a: tuple(np.linalg.eigh(a)),
    "qr": lambda a: tuple(np.linalg.qr(a)),
    "cholesky": lambda a: (np.linalg.cholesky(a),),
    "solve": lambda a, b: (np.linalg.solve(a, b),),
    "leastSquares": lambda a, b: (np.linalg.lstsq(a, b, rcond=None)[0],),
    "rfft": rfft,
    "exp": lambda x: (np.exp(x),),
}


def core():
    """The kernels that the BLAS chose for this processor, by its own word; its build where it does not say."""
    info = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    name = f"{info['name'].replace('scipy-', '')} {'.'.join(info['version'].split('.')[:3])}"
    try:
        with open("/proc/self/maps", encoding="ascii", errors="replace") as maps:
            library = ctypes.CDLL(re.search(r"\S*openblas\S*", maps.read()).group())
        for symbol in ("scipy_openblas_get_corename64_", "scipy_openblas_get_corename", "openblas_get_corename64_", "openblas_get_corename"):
            if hasattr(library, symbol):
                function = getattr(library, symbol)
                function.restype = ctypes.c_char_p
                return f"{name}, {function().decode()} kernels"
    except (OSError, AttributeError):
        pass
    return name


def received(description, stream):
    dtype = np.dtype(description["type"])
    count = int(np.prod(description["shape"]))
    return np.frombuffer(stream.read(count * dtype.itemsize), dtype).reshape(description["shape"]).copy()


def serve(requests, answers):
    def answer(head, body=b""):
        answers.write(json.dumps(head).encode() + b"\n")
        answers.write(body)
        answers.flush()

    answer({"version": f"{np.__version__} ({core()})"})
    ready = {}
    outputs = {}
    while line := requests.readline():
        request = json.loads(line)
        key = request["id"]
        operands = [received(each, requests) for each in request.get("arrays", [])]
        try:
            if request["do"] == "prepare":
                ready[key] = (JOBS[request["job"]], operands)
                answer({})
            elif request["do"] == "run":
                job, operands = ready[key]
                outputs.pop(key, None)
                before = perf_counter()
                outputs[key] = job(*operands)
                answer({"seconds": perf_counter() - before})
            elif request["do"] == "read":
                flat = np.concatenate([np.asarray(part, np.float64).ravel() for part in outputs[key]])
                answer({"length": flat.size}, flat.tobytes())
            else:
                ready.pop(key, None)
                outputs.pop(key, None)
                answer({})
        except Exception as error:  # the answer to this request; the next may do better
            answer({"failure": f"{type(error).__name__}: {error}"})


gc.disable()
serve(sys.stdin.buffer, sys.stdout.buffer)
