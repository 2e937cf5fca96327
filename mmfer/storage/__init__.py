"""Where frames lie: folders, tar shards and LMDB, behind one interface."""
from mmfer.storage.frame_store import FILES, FolderStore, FrameStore
from mmfer.storage.opening import close_store, is_pack, open_store

__all__ = ['FILES', 'FolderStore', 'FrameStore', 'close_store', 'is_pack', 'open_store']
