"""`aws sts get-caller-identity` by the AWS CLI's own driver, loaded before it is asked to run: a new
driver each time, as a new process would have."""

import contextlib
import io

import awscli
from awscli.clidriver import create_clidriver

from lines import serve


def answer(_command):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = create_clidriver().main(["sts", "get-caller-identity", "--query", "Arn", "--output", "text"])
    if code != 0:
        return {"error": f"exit {code}: {' '.join(err.getvalue().split())}"}
    return {"arn": out.getvalue().strip()}


serve(awscli.__version__, answer)
