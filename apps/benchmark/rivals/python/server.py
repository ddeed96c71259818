"""NumPy, SciPy and scikit-learn for the benchmark: makes ready, runs, reads and times what it is asked to, one request after the other.

A request is a line of JSON, followed by the bytes of its arrays; so is an answer. Times are taken here, so that the way
of the data is in none of them.

  {"do": "prepare", "id": 1, "job": "svd", "parameters": {}, "arrays": [{"type": "float64", "shape": [2, 2]}]}  ->  {}
  {"do": "run", "id": 1}    ->  {"seconds": 0.1}
  {"do": "read", "id": 1}   ->  {"length": 6} and float64 numbers: the factors one after the other
  {"do": "close", "id": 1}  ->  {}

A job of another library than NumPy is a function that converts its arrays and returns what is timed; its version stands in
the answer to "prepare", which says {"absent": "SciPy"} where there is none.
"""

import ctypes
import gc
import importlib
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


def leverage(a):
    q, _ = np.linalg.qr(a)
    return (np.einsum("ij,ij->i", q, q),)


def svds(a, k):
    from scipy.sparse.linalg import svds as truncated

    def job():
        u, s, vt = truncated(a, k=k, v0=np.ones(min(a.shape)))
        return u[:, ::-1], s[::-1], vt[::-1].T  # ascending as they come

    return job


def randomized_svd(a, k):
    from sklearn.utils.extmath import randomized_svd as truncated

    def job():
        u, s, vt = truncated(a, n_components=k, random_state=0)
        return u, s, vt.T

    return job


def clarkson_woodruff(values, columns, pointers, shape, rows, nonzeros):
    from scipy.linalg import clarkson_woodruff_transform
    from scipy.sparse import csr_matrix

    a = csr_matrix((values, columns, pointers), shape=shape)
    return lambda: (clarkson_woodruff_transform(a, rows).toarray(),)


def sparse_random_projection(values, columns, pointers, shape, rows, nonzeros):
    from scipy.sparse import csr_matrix
    from sklearn.random_projection import SparseRandomProjection

    a = csr_matrix((values, columns, pointers), shape=shape).T.tocsr()  # it embeds rows
    options = {"n_components": rows, "density": nonzeros / rows, "dense_output": True, "random_state": 0}
    return lambda: (SparseRandomProjection(**options).fit_transform(a).T,)


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
    "leverage": leverage,
}

OTHERS = {
    "svds": ("scipy", "SciPy", svds),
    "randomizedSvd": ("sklearn", "scikit-learn", randomized_svd),
    "clarksonWoodruff": ("scipy", "SciPy", clarkson_woodruff),
    "sparseRandomProjection": ("sklearn", "scikit-learn", sparse_random_projection),
}


def made_ready(job, operands, parameters):
    """What is timed, and the answer that says so."""
    if job in JOBS:
        return lambda: JOBS[job](*operands), {}
    module, name, make = OTHERS[job]
    try:
        version = importlib.import_module(module).__version__
    except ImportError:
        return None, {"absent": name}
    return make(*operands, **parameters), {"version": version}


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
                ready[key], head = made_ready(request["job"], operands, request["parameters"])
                answer(head)
            elif request["do"] == "run":
                job = ready[key]
                outputs.pop(key, None)
                before = perf_counter()
                outputs[key] = job()
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
