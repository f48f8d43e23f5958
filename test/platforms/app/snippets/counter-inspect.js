indexedDB.open("orders").onsuccess = ({ target: { result: database } }) => {
  database.transaction("permid64").objectStore("permid64").get("default").onsuccess = ({ target }) => {
    console.log(target.result); // { lineage, fingerprint, marks }
    database.close();
  };
};
