"""Backbones: pretrained networks without their last layer, as ordered stages that can each be frozen.

Reading order: `catalogue` lists the rows (no torch), `staged` is what every network becomes, `loaders` builds one from
its row, `measuring` counts it, `freezing` says what a freeze plan means and proves that it held, `tokenizers` turns
texts into token ids. `networks` knows the libraries; `weights` knows where their files lie;
`hub` and `networks/timm_rows` make rows of networks that people name themselves, `own_weights` of files they bring.

This front imports nothing of the others, so that lists and pages can read the catalogue without loading torch.
"""
