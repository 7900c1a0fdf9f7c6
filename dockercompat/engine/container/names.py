"""Names for containers that were given none: an adjective and the surname of somebody who found something out."""

from __future__ import annotations

import os

_ADJECTIVES = (
    "able agile amber ample apt ardent attentive awake balanced blithe bold brave breezy bright brisk calm candid careful cheerful civil"
    " clear clever cordial crisp curious daring deft eager earnest easy elated exact fair faithful fearless fine firm fluent fond frank"
    " free fresh gentle gifted glad graceful grand handy happy hardy helpful honest hopeful humble jolly jovial keen kind lively lucid"
    " lucky mellow merry mild modest neat nimble noble patient placid plucky polite proud prudent quick quiet ready regal robust serene"
    " sharp silent sincere smart snug sober spry stable steady stoic sunny swift tactful tender thrifty tidy trusty upbeat valiant vivid"
    " warm wise witty zealous zesty"
)
_SURNAMES = (
    "abel agnesi ampere archimedes avogadro banach bassi bell bernoulli bohr boole born bose boyle brahe cannon cantor carson cauchy"
    " cavendish cerf chandra copernicus coulomb curie darwin davy diffie dijkstra dirac edison einstein elion engelbart euclid euler"
    " faraday fermat fermi feynman fibonacci fleming fourier franklin galileo galois gauss germain gibbs goodall goedel hamilton hawking"
    " heisenberg hellman helmholtz herschel hertz hilbert hodgkin hooke hopper hubble huygens hypatia johnson jones joule kalam keller"
    " kepler knuth kovalevskaya lagrange lamarr lamport laplace leavitt leibniz lichterman linnaeus lise liskov lovelace maxwell mayer"
    " mccarthy meitner mendel mendeleev mirzakhani morse napier newton nightingale nobel noether ohm pascal pasteur pauling planck"
    " poincare ramanujan ride ritchie roentgen rubin rutherford sagan shannon sinoussi tesla thompson torvalds turing villani volta"
    " wallace watt wilbur wiles wing wozniak wu yalow yonath"
)


def random_name(attempt: int = 0) -> str:
    """A name such as calm_hopper; from the second attempt on with a digit after it."""
    name = f"{_pick(_ADJECTIVES)}_{_pick(_SURNAMES)}"
    return f"{name}{_below(10)}" if attempt else name


def _pick(words: str) -> str:
    choices = words.split()
    return choices[_below(len(choices))]


def _below(limit: int) -> int:
    return int.from_bytes(os.urandom(4)) % limit
