"""A serving program that keeps SageMaker's contract and is there at once: one that runs already serves the same model.

For tests of what happens around an endpoint, dozens of times. Arguments: the port of the one that runs, the folder of
what `quick_training.py` leaves in the place of its model, and the program by which any other model is served.
"""

import filecmp
import os
import socket
import sys
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread


class PassingOn(BaseRequestHandler):
    def handle(self) -> None:
        with socket.create_connection(("127.0.0.1", int(port))) as behind:
            Thread(target=pass_on, args=(behind, self.request), daemon=True).start()
            pass_on(self.request, behind)


def pass_on(source: socket.socket, target: socket.socket) -> None:
    while received := source.recv(65536):
        target.sendall(received)
    target.shutdown(socket.SHUT_WR)


port, served, *program = sys.argv[1:]
asked_for = Path(os.environ["SAGEMAKER_BASE_DIR"]) / "model"
names = [file.name for file in Path(served).iterdir()]
if set(filecmp.cmpfiles(served, asked_for, names, shallow=False)[0]) < set(names):
    os.execv(program[0], program)  # noqa: S606 (its name and arguments are the tests')
ThreadingTCPServer(("127.0.0.1", int(os.environ["SAGEMAKER_BIND_TO_PORT"])), PassingOn).serve_forever()
