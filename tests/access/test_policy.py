"""Who may enter, for every way a server can be started."""

import io

import pytest

from core.__main__ import main
from core.access.phrases import hash_phrase, is_phrase
from core.access.policy import decide_policy, is_loopback
from core.access.provider import ProviderSettings
from core.errors import ConfigurationError

PHRASE = "correct horse battery staple"
PROVIDER = ProviderSettings(
    server_metadata_url="https://id.example/.well-known/openid-configuration",
    redirect_uri="https://class.example/oauth2callback",
    client_id="x",
    client_secret="y",
)


def decide(address="127.0.0.1", hosts=("localhost",), provider=None, **environ):
    return decide_policy(address, hosts=hosts, provider=provider, environ=environ)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.3.2.1", "localhost", "::1", "::ffff:127.0.0.1"])
def test_a_server_of_this_machine_alone_is_open(address):
    assert is_loopback(address)
    assert decide(address).way == "open"


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.168.1.7", "unix:///run/x.sock", "class.example"])
def test_a_server_that_others_can_reach_is_refused_with_the_reason_and_the_remedy(address):
    with pytest.raises(ConfigurationError) as refused:
        decide(address)
    assert "where others can reach it" in refused.value.problem
    assert "HEADSTART_PASSPHRASE" in refused.value.remedy


def test_a_name_that_is_not_this_machines_own_means_that_others_shall_reach_it():
    with pytest.raises(ConfigurationError, match=r"class\.example"):
        decide(hosts=("localhost", "class.example"))


def test_behind_a_proxy_sign_in_can_be_asked_for():
    with pytest.raises(ConfigurationError, match="HEADSTART_REQUIRE_SIGN_IN"):
        decide(HEADSTART_REQUIRE_SIGN_IN="1")
    assert decide(HEADSTART_REQUIRE_SIGN_IN="0").way == "open"


def test_a_pass_phrase_opens_every_address_to_those_who_know_it():
    policy = decide("0.0.0.0", HEADSTART_PASSPHRASE=PHRASE)
    assert policy.way == "phrase"
    assert is_phrase(PHRASE, policy.phrase_hash)
    assert not is_phrase(PHRASE + "s", policy.phrase_hash)
    assert PHRASE not in repr(policy)


def test_its_hash_does_as_well():
    policy = decide(None, HEADSTART_PASSPHRASE_HASH=hash_phrase(PHRASE))
    assert is_phrase(PHRASE, policy.phrase_hash)


@pytest.mark.parametrize(
    "environ",
    [
        {"HEADSTART_PASSPHRASE": "short"},
        {"HEADSTART_PASSPHRASE_HASH": "scrypt$AAAA$BBBB"},
        {"HEADSTART_PASSPHRASE_HASH": PHRASE},
    ],
)
def test_what_protects_nothing_is_refused_even_on_this_machine(environ):
    with pytest.raises(ConfigurationError):
        decide(**environ)


def test_a_provider_comes_with_the_addresses_that_may_enter():
    policy = decide(None, provider=PROVIDER, HEADSTART_PEOPLE=" @School.example, ann@home.example ,")
    assert (policy.way, policy.addresses) == ("openid", ("@school.example", "ann@home.example"))


def test_two_ways_at_once_are_a_mistake():
    with pytest.raises(ConfigurationError, match="both"):
        decide(provider=PROVIDER, HEADSTART_PASSPHRASE=PHRASE)


def test_a_phrase_is_the_same_however_its_letters_are_composed():
    assert is_phrase("cafe\u0301 and a dozen more", hash_phrase("caf\u00e9 and a dozen more"))


def test_the_command_line_hashes_a_phrase_that_opens_a_server(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(PHRASE + "\n"))
    assert main(["hash-phrase"]) == 0
    policy = decide(None, HEADSTART_PASSPHRASE_HASH=capsys.readouterr().out.strip())
    assert is_phrase(PHRASE, policy.phrase_hash)


@pytest.mark.parametrize("phrase", ["short", "long " * 41])
def test_a_phrase_that_can_be_guessed_or_is_never_read_as_a_whole_is_refused(monkeypatch, phrase):
    with pytest.raises(ConfigurationError, match="12 to 200 characters"):
        decide(HEADSTART_PASSPHRASE=phrase)
    monkeypatch.setattr("sys.stdin", io.StringIO(phrase + "\n"))
    assert main(["hash-phrase"]) == 2


def test_the_longest_phrase_opens_a_server():
    phrase = "x" * 200
    assert is_phrase(phrase, decide(HEADSTART_PASSPHRASE=phrase).phrase_hash)
