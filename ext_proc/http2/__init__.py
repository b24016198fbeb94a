"""The server's side of HTTP/2 as gRPC uses it, without any I/O.

Why our own: it is what a decision costs. grpc.aio spends several times as much on carrying a decision as the decision
itself takes, on five threads; here one thread reads what arrived, decides and writes once. The peer is always Envoy,
on a socket nobody else can open.
"""
