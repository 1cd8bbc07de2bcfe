"""Where an attention projects to queries and values: the places beside which low-rank adapters can stand."""

from __future__ import annotations

from torch import nn

_QUERY_AND_VALUE: dict[str, tuple[str, ...]] = {
    "timm.layers.attention.Attention": ("qkv",),
    "transformers.models.bert.modeling_bert.BertSelfAttention": ("query", "value"),
    "transformers.models.deberta_v2.modeling_deberta_v2.DisentangledSelfAttention": ("query_proj", "value_proj"),
    "transformers.models.distilbert.modeling_distilbert.DistilBertSelfAttention": ("q_lin", "v_lin"),
    "transformers.models.electra.modeling_electra.ElectraSelfAttention": ("query", "value"),
    "transformers.models.gpt2.modeling_gpt2.GPT2Attention": ("c_attn",),
    "transformers.models.roberta.modeling_roberta.RobertaSelfAttention": ("query", "value"),
    "transformers.models.xlm_roberta.modeling_xlm_roberta.XLMRobertaSelfAttention": ("query", "value"),
}
"""By the class of an attention. Some project to queries, keys and values at once, and then keys are adapted, too.

Named one by one, because others (torchvision's Swin, timm's BEiT) read the weight of such a layer instead of calling
it: what stands beside it would never be asked.
"""


def find_projections(stage: nn.Module) -> dict[str, nn.Module]:
    """The layers in a stage that project to queries and values, by their places ("layer.attention.self.query")."""
    return {
        f"{place}.{name}" if place else name: getattr(module, name)
        for place, module in stage.named_modules()
        for name in _QUERY_AND_VALUE.get(f"{type(module).__module__}.{type(module).__qualname__}", ())
        if getattr(module, name, None) is not None
    }
