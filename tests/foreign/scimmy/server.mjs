// A SCIM application around scimmy (npm), a SCIM library written by others, on the loopback interface.
//
// usage: node server.mjs PORT TOKEN
//
// Reading of requests, filters, patches and answers are scimmy's. Of this project is only the storage: a shelf for each kind
// of resource, in memory, on which one attribute is unique without regard to letter case. Users may have the enterprise
// extension and the one that the tests call their own: a text `desk` and a truth value `onCall`.
import { randomUUID } from "node:crypto";
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const OWN_EXTENSION = "urn:ietf:params:scim:schemas:extension:helpdesk:2.0:User";

class Shelf {
    #resources = new Map();

    constructor(uniqueAttribute) {
        this.uniqueAttribute = uniqueAttribute;
    }

    #named(resource) {
        return String(resource[this.uniqueAttribute]).toLowerCase();
    }

    #taken(id) {
        const resource = this.#resources.get(id);
        if (resource === undefined) throw new SCIMMY.Types.Error(404, null, `there is no resource ${id}`);
        return resource;
    }

    read({ id, filter }) {
        if (id) return this.#taken(id);
        const everything = Array.from(this.#resources.values());
        return filter ? filter.match(everything) : everything;
    }

    write({ id }, content) {
        const before = id ? this.#taken(id) : undefined;
        const resource = structuredClone(JSON.parse(JSON.stringify(content)));
        resource.id = id ?? randomUUID();
        const lastModified = new Date();
        resource.meta = { created: before?.meta.created ?? lastModified, lastModified };
        for (const other of this.#resources.values()) {
            if (other.id !== resource.id && this.#named(other) === this.#named(resource)) {
                throw new SCIMMY.Types.Error(409, "uniqueness", `${this.uniqueAttribute} is taken`);
            }
        }
        this.#resources.set(resource.id, resource);
        return resource;
    }

    remove({ id }) {
        this.#resources.delete(this.#taken(id).id);
    }

    handlers() {
        return {
            egress: (request) => this.read(request),
            ingress: (request, content) => this.write(request, content),
            degress: (request) => this.remove(request),
        };
    }
}

const { Attribute, Schema, SchemaDefinition } = SCIMMY.Types;
const helpdesk = new SchemaDefinition("HelpdeskUser", OWN_EXTENSION, "What a help desk knows of a user", [
    new Attribute("string", "desk"),
    new Attribute("boolean", "onCall"),
]);

class HelpdeskUser extends Schema {
    static get id() {
        return helpdesk.id;
    }

    static get definition() {
        return helpdesk;
    }

    constructor(resource, direction, basepath, filters) {
        super(resource, direction);
        Object.assign(this, helpdesk.coerce(resource, direction, basepath, filters));
    }
}

const [port, token] = process.argv.slice(2);
SCIMMY.Resources.declare(SCIMMY.Resources.User, {
    ...new Shelf("userName").handlers(),
    extensions: [
        { schema: SCIMMY.Schemas.EnterpriseUser, required: false },
        { schema: HelpdeskUser, required: false },
    ],
});
SCIMMY.Resources.declare(SCIMMY.Resources.Group, new Shelf("displayName").handlers());

const admit = (request) => {
    if (request.header("Authorization") !== `Bearer ${token}`) throw new Error("the secret token is missing or another one");
    return "the test";
};
const application = express();
application.use("/scim", new SCIMMYRouters({ type: "bearer", handler: admit }));
application.listen(Number(port), "127.0.0.1");
