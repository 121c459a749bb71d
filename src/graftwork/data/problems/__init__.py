"""Generated problems: a documented space of small programs in several languages."""

from graftwork.data.problems.problems import Problem, make_problems, problem_languages, split_of

__all__ = ["Problem", "make_problems", "problem_languages", "split_of"]
