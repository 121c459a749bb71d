"""Generated problems: documented spaces of small programs in several languages."""

from graftwork.data.problems.problems import Problem, make_problems, problem_families, problem_languages, split_of

__all__ = ["Problem", "make_problems", "problem_families", "problem_languages", "split_of"]
