localStorage.removeItem("instance-id");
indexedDB.deleteDatabase("orders").onsuccess = () => location.reload();
