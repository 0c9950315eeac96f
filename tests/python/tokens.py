"""An issuer of tokens, by PyJWT and cryptography."""

import json
import time

import script


def issue(asked):
    """Makes a key for each algorithm and signs what is wanted: the key set, and a token for each."""
    import jwt
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
    from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

    def make(algorithm):
        if algorithm in ("RS256", "PS256"):
            return rsa.generate_private_key(public_exponent=65537, key_size=2048), RSAAlgorithm
        if algorithm == "ES256":
            return ec.generate_private_key(ec.SECP256R1()), ECAlgorithm
        if algorithm == "ES384":
            return ec.generate_private_key(ec.SECP384R1()), ECAlgorithm
        return ed25519.Ed25519PrivateKey.generate(), OKPAlgorithm

    keys, known = {}, []
    for algorithm in asked["algorithms"]:
        keys[algorithm], kind = make(algorithm)
        public = json.loads(kind.to_jwk(keys[algorithm].public_key()))
        known.append({**public, "kid": algorithm, "use": "sig"})

    def sign(wanted):
        algorithm = wanted.get("algorithm", "ES256")
        claims = {"iss": asked["issuer"], "aud": asked["audience"], "sub": "soc-7", "exp": time.time() + 600}
        for name, value in wanted.get("claims", {}).items():
            claims[name] = time.time() + value["in"] if isinstance(value, dict) else value
        claims = {name: value for name, value in claims.items() if value is not None}
        key = keys.get(algorithm)
        if wanted.get("stranger"):
            key = make(algorithm)[0]
        if algorithm == "none":
            key = None
        if algorithm == "HS256":
            key = json.dumps(known[0]).encode()
        return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": wanted.get("kid", algorithm)})

    return {"keys": {"keys": known}, "tokens": [sign(wanted) for wanted in asked["tokens"]]}


script.call({"issue": issue})
