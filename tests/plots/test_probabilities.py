import numpy as np

from core.plots.probabilities import describe_probabilities, plot_probabilities


def test_most_probable_classes_come_first_and_only_the_top_ones():
    bars = plot_probabilities(np.array([0.1, 0.6, 0.3]), ["a", "b", "c"], top=2).data[0]
    assert (list(bars.y), list(bars.x), list(bars.text)) == (["b", "c"], [0.6, 0.3], ["60.0%", "30.0%"])


def test_fewer_classes_than_asked_for_are_all_shown():
    figure = plot_probabilities([0.4, 0.6], ["a", "b"], top=5)
    assert len(figure.data[0].y) == 2
    assert figure.layout.height < plot_probabilities([0.2] * 5, list("abcde")).layout.height


def test_rounding_never_claims_certainty():
    bars = plot_probabilities([0.99999, 0.00001, 0.0], ["a", "b", "c"]).data[0]
    assert list(bars.text) == ["&gt; 99.9%", "&lt; 0.1%", "0.0%"]
    assert plot_probabilities([1.0, 0.0], ["a", "b"]).data[0].text[0] == "100.0%"


def test_equal_probabilities_keep_the_order_of_labels():
    names = [f"class {label}" for label in range(150)]
    assert list(plot_probabilities(np.full(150, 1 / 150), names).data[0].y) == names[:5]


def test_hostile_names_stay_text():
    bars = plot_probabilities([0.7, 0.3], ["<i>x</i>", "a&b"]).data[0]
    assert list(bars.y) == ["&lt;i&gt;x&lt;/i&gt;", "a&amp;b"]
    assert bars.hovertext[0] == "&lt;i&gt;x&lt;/i&gt;: 70.0%"


def test_words_give_names_and_per_cent():
    assert describe_probabilities([0.7, 0.3], ["ants", "bees"]) == 'Most probable classes: "ants" 70.0%, "bees" 30.0%.'
