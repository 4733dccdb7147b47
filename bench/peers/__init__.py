"""The paper's models in PyTorch and JAX: what a user would pick instead, and a check of ours."""
