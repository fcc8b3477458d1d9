"""CloudWatch Logs Insights: the query language run over the events in moto's log groups.

    values      what a field holds, how values compare and print
    rows        fields of an event: system fields, JSON leaves, flow log columns
    functions   scalar functions; aggregates: functions of `stats`
    lexer       text to tokens; language: tokens to commands
    engine      commands over events
    queries     the API: StartQuery, GetQueryResults, StopQuery, DescribeQueries
"""

from .queries import HANDLERS, Queries

__all__ = ["HANDLERS", "Queries"]
