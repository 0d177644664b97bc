"""Stylization of videos: optical flow and its reliability, temporal consistency, and flicker."""
