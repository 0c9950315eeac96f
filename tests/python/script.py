"""How the scripts here are called: the name of a function as argument, its argument as JSON on standard input."""

import json
import sys


def call(functions):
    function = functions[sys.argv[1]]
    result = function(json.loads(sys.stdin.buffer.read().decode("utf-8")))
    sys.stdout.buffer.write(json.dumps(result).encode("utf-8"))
