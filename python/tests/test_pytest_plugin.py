"""The plugin for pytest, driven by pytest."""

from __future__ import annotations

import pytest

ORDERS = """
    def test_a_message_is_visible_again_after_its_visibility_timeout(squab_account, squab_clock):
        sqs = squab_account.client()
        url = sqs.create_queue(QueueName="orders")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="order 1")
        receive = lambda: sqs.receive_message(QueueUrl=url).get("Messages", [])
        assert len(receive()) == 1
        assert len(receive()) == 0
        squab_clock.advance("30s")
        assert len(receive()) == 1
"""


def test_is_found_without_a_conftest_and_stops_its_server(pytester, is_gone):
    pytester.makepyfile(
        test_orders=ORDERS,
        test_url="""
            import pathlib

            def test_says_where_it_is(squab):
                assert squab.endpoint_url == squab.url
                pathlib.Path("url").write_text(squab.url)
        """,
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=2)
    assert is_gone((pytester.path / "url").read_text())


def test_starts_no_server_and_loads_no_boto3_where_no_test_asks_for_one(pytester):
    pytester.makepyfile(
        """
            import subprocess, sys

            def test_starts_nothing(request):
                assert "boto3" not in sys.modules
                assert "squab" not in request.fixturenames
        """
    )
    pytester.makeconftest("import squab._start\nsquab._start.subprocess.Popen = None")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_gives_each_test_an_account_that_is_empty_afterwards(pytester):
    pytester.makepyfile(
        """
            import pytest

            accounts = []

            @pytest.mark.parametrize("number", range(3))
            def test_creates_a_queue(squab, squab_account, squab_faults, number):
                assert squab.queues.list() == []
                assert squab.faults.list() == []
                assert squab_account.account_id not in accounts
                accounts.append(squab_account.account_id)
                squab_account.client().create_queue(QueueName="orders")
                squab_account.client(region_name="eu-west-1").create_queue(QueueName="orders")
                squab_faults.add({"type": "error", "code": "OverLimit"}, operation="PurgeQueue")
                assert len(squab.queues.list()) == 2
                assert [rule["account"] for rule in squab.faults.list()] == [squab_account.account_id]

            def test_finds_nothing(squab):
                assert squab.queues.list() == []
                assert squab.faults.list() == []
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=4)


def test_clears_up_after_a_test_that_fails(pytester):
    pytester.makepyfile(
        """
            def test_fails(squab_account, squab_clock, squab_faults):
                squab_account.client().create_queue(QueueName="orders")
                squab_clock.freeze()
                squab_clock.advance("14 days")
                squab_faults.add({"type": "error", "code": "OverLimit"})
                assert False

            def test_comes_after_it(squab):
                from datetime import datetime, timedelta, timezone
                assert squab.queues.list() == []
                assert squab.faults.list() == []
                assert squab.clock.read()["frozen"] is False
                assert abs(squab.clock.now() - datetime.now(timezone.utc)) < timedelta(minutes=1)
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1, failed=1)


def test_waits_for_events_of_the_tests_account(pytester):
    pytester.makepyfile(
        """
            import pytest, squab as package

            def test_waits(squab_account, squab_wait):
                sqs = squab_account.client()
                url = sqs.create_queue(QueueName="orders")["QueueUrl"]
                sqs.send_message(QueueUrl=url, MessageBody="order 1")
                assert squab_wait("orders", "sent", after_event_id=0)["event"]["body"] == "order 1"
                with pytest.raises(package.WaitTimeout):
                    squab_wait("orders", "deleted", timeout=0.01)
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_leads_code_that_makes_its_own_clients_to_the_tests_account(pytester, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token")
    pytester.makepyfile(
        orders="""
            def create():
                import boto3
                return boto3.client("sqs").create_queue(QueueName="orders")["QueueUrl"]
        """,
        test_orders="""
            import os
            import pytest
            from orders import create

            @pytest.mark.parametrize("number", range(2))
            def test_creates_a_queue(squab_env, squab_account, number):
                assert create() == f"{squab_account.url}/{squab_account.account_id}/orders"
                assert squab_env == squab_account.env

            def test_comes_after_it():
                assert os.environ["AWS_PROFILE"] == "production"
                assert "AWS_ENDPOINT_URL_SQS" not in os.environ
                import boto3
                assert boto3.DEFAULT_SESSION is None
        """,
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=3)


def test_takes_options_from_a_fixture(pytester):
    pytester.makefile(".yaml", queues="queues: [orders]")
    pytester.makeconftest(
        """
            import pytest

            @pytest.fixture(scope="session")
            def squab_options():
                return {"config": "queues.yaml", "region": "eu-central-1"}
        """
    )
    pytester.makepyfile(
        """
            def test_has_its_options(squab, squab_account):
                (queue,) = squab.queues.list()
                assert queue["arn"] == "arn:aws:sqs:eu-central-1:000000000000:orders"
                assert squab_account.region == "eu-central-1"
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_says_why_the_server_does_not_start(pytester):
    pytester.makeconftest(
        """
            import pytest

            @pytest.fixture(scope="session")
            def squab_options():
                return {"region": "Nowhere!"}
        """
    )
    pytester.makepyfile("def test_is_not_reached(squab): pass")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*StartError: region= *Nowhere!*"])


def test_picks_a_free_port_also_where_the_environment_names_one(pytester, monkeypatch):
    monkeypatch.setenv("SQUAB_PORT", "1")
    monkeypatch.setenv("SQUAB_REGION", "eu-west-3")
    pytester.makepyfile(
        """
            def test_has_a_port(squab):
                assert squab.port > 1024
                assert squab.region == "eu-west-3"
        """
    )
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_starts_a_server_for_each_worker_of_xdist(pytester, is_gone):
    pytest.importorskip("xdist")
    pytester.makepyfile(
        """
            import pathlib
            import pytest

            @pytest.mark.parametrize("number", range(8))
            def test_moves_time(squab, squab_account, squab_clock, worker_id, number):
                pathlib.Path(f"{worker_id}-{squab.port}").write_text(squab.url)
                squab_clock.freeze()
                before = squab_clock.now()
                squab_account.client().create_queue(QueueName="orders")
                squab_clock.advance("1 day")
                assert (squab_clock.now() - before).days == 1
                assert len(squab.queues.list()) == 1
        """
    )
    pytester.runpytest_subprocess("-n", "2", "--dist", "load").assert_outcomes(passed=8)
    found = sorted(path.name.split("-") for path in pytester.path.glob("gw*-*"))
    assert [worker for worker, _ in found] == ["gw0", "gw1"]
    assert found[0][1] != found[1][1]
    for path in pytester.path.glob("gw*-*"):
        assert is_gone(path.read_text())


def test_the_server_stops_when_the_run_is_killed(pytester, is_gone):
    pytester.makepyfile(
        """
            import os, pathlib, signal

            def test_is_killed(squab):
                pathlib.Path("url").write_text(squab.url)
                os.kill(os.getpid(), signal.SIGKILL)
        """
    )
    pytester.runpytest_subprocess()
    assert is_gone((pytester.path / "url").read_text())
