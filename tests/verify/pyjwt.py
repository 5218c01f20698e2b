"""Signs or verifies one token with PyJWT: a JSON request on standard input, a JSON answer on standard output."""

import json
import sys

import jwt

request = json.load(sys.stdin.buffer)
passphrase, algorithm = request["passphrase"], request["algorithm"]

if "claims" in request:
    answer = {"token": jwt.encode(request["claims"], passphrase, algorithm=algorithm)}
else:
    try:
        options = {"require": ["exp", "iat", "jti"]}
        answer = {"claims": jwt.decode(request["token"], passphrase, algorithms=[algorithm], options=options)}
    except jwt.InvalidTokenError as error:
        answer = {"refused": type(error).__name__}

print(json.dumps(answer))
