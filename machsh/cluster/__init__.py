"""Clusters: docker's swarm mode on several machines, which machsh makes and keeps."""
