"""A small, faithful Amazon SQS, with SNS topics and functions fed from queues, for development and tests.

    import squab

    with squab.start() as server:
        sqs = server.client()  # boto3
        sqs.create_queue(QueueName="orders")
        server.clock.advance("14 days")

With pytest, the fixtures `squab` and `squab_account` do the same; see `squab.pytest_plugin`.
"""

from importlib.metadata import version as _version

from ._account import Account
from ._errors import ControlError, SquabError, StartError, WaitTimeout
from ._server import Server
from ._start import start

__version__ = _version("squab")

__all__ = [
    "Account",
    "ControlError",
    "Server",
    "SquabError",
    "StartError",
    "WaitTimeout",
    "__version__",
    "start",
]
