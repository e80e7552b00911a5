"""Laplace approximation over LoRA weights, for any PEFT causal LM: curvature, posterior, predictive.

Usable on its own. Knows torch and PEFT; nothing of documents, review or the database. From a PEFT model in evaluation
mode and batches of `input_ids`, `attention_mask`, `labels` to the uncertainty of every token:

    sums = accumulate(model, train_batches)                          # curvature.py; sums of workers merge
    posterior = build(sums, prior_precision=1.0, rank=64)            # posterior.py
    choice = choose_prior(model, posterior, held_out_batches)        # prior.py
    posterior = posterior.with_prior(choice.best.prior_precision)
    save(pack(posterior), folder, record={"adapter": adapter_id})    # storage.py
    posterior, record = load(folder, adapter=adapter_id)
    deviations = draw_deviations(posterior, samples=8, seed=0)       # scores.py
    step = check_step(model, batch, deviations)                      # step.py: the error of the differences
    rows = score_tokens(model, batch, deviations, step=step)

Texts after one prompt (an edited summary) cost their own tokens only: `Prefix` of `prefix.py`, then `score_text`.
Samples are drawn until a decision is settled by `settle` of `adaptive.py`. `shrink` cuts a posterior to a size on disk.
A weight sample moves all tokens of a text together; with `token_generator` each token has draws of its own
(`resampling.py`). Packed rows are told by `segment_ids` (`packing.py`). `choose_ratios` of `prior_ratios.py` gives
kinds of matrices priors of their own, by held-out tokens.

For a few outputs (multiple choice) there is the exact route of `predictive.py`: `jacobian_rows`, `f_covariance`, then
`monte_carlo`, `probit` or `mean_field`. A batch with `class_ids` has the Fisher of the softmax over these
outputs alone.

Shapes in the signatures are jaxtyping's: the tests check them at every call, a program does not pay for them.
"""
