"""What stix2-matcher finds in observed data."""

import itertools
import json

import script


def bindings(asked):
    """For each {patterns, objects} of a file of JSON lines, and each pattern: the bindings, or why there is no answer.

    A binding is how often it takes each observation. No more are looked at than `most`.
    """
    from stix2matcher.matcher import MatchListener, Pattern

    def found(pattern, objects):
        try:
            listener = MatchListener([{"type": "bundle", "objects": objects}], stix_version="2.1")
            Pattern(pattern, "2.1").walk(listener)
            # What it tells publicly leaves out all but the first instance of an observation.
            search = listener._MatchListener__compute_stack[0]
            taken = list(itertools.islice(search, asked["most"] + 1))
        except Exception as failure:  # Its own mistakes are answers too.
            return {"failure": f"{type(failure).__name__}: {failure}"}
        return {"matches": bool(taken), "all": len(taken) <= asked["most"], "bindings": unique(map(counted, taken))}

    def counted(binding):
        counts = {}
        for instance in binding:
            if instance is not None:
                counts[instance[0]] = counts.get(instance[0], 0) + 1
        return tuple(sorted(counts.items()))

    def unique(counts):
        return sorted(set(counts))

    return [[found(pattern, line["objects"]) for pattern in line["patterns"]] for line in lines(asked)]


def lines(asked):
    with open(asked["file"], encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


script.call(globals())
